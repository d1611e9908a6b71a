import type { Scale } from './scale.ts'
import type { Stage } from './stage.ts'

/** What was measured under each key: one number, or as many as there were repetitions inside. */
export type Readings = Record<string, number | number[]>

export interface Case {
  name: string
  keys: readonly string[]
  /** What a reader must know to judge its numbers. */
  note: string
  /** `each`: in every round, in turn with the others. `once`: it repeats by itself. `end`: as `once`, after all rounds. */
  when: 'each' | 'once' | 'end'
  run(stage: Stage, scale: Scale): Promise<Readings>
}
