/** The production Worker as it is, so that it can be reached through Miniflare's front like any other. */
export * from '../../src/index.ts'
export { default } from '../../src/index.ts'
