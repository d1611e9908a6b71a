/** Where all load comes from. */
import { answerParent } from './child.ts'
import { flood } from './flood.ts'
import { pace } from './pace.ts'
import { sequence } from './sequence.ts'

answerParent({ flood, pace, sequence })
