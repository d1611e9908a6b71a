import type { Case } from '../case.ts'
import { accept } from './accept.ts'
import { accept16 } from './accept16.ts'
import { bundle } from './bundle.ts'
import { counted } from './counted.ts'
import { drain } from './drain.ts'
import { e2e } from './e2e.ts'
import { fanout } from './fanout.ts'
import { filter } from './filter.ts'
import { growth } from './growth.ts'
import { idleOps } from './idle.ts'
import { lane } from './lane.ts'
import { list } from './list.ts'
import { retry } from './retry.ts'
import { verify } from './verify.ts'
import { wake } from './wake.ts'

/** In the order in which they run. The counted one is first, for it begins the minute of the idle one. */
export const cases: readonly Case[] = [
  counted,
  filter,
  verify,
  bundle,
  list,
  wake,
  accept,
  accept16,
  drain,
  fanout,
  e2e,
  lane,
  retry,
  growth,
  idleOps,
]
