import { build } from '../../src/local/build.ts'

/** Builds once, so that the routers which the tests start find the bundle made. */
export default async function setup(): Promise<void> {
  await build()
}
