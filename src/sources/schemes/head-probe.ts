import type { Handshake, SourceRequest } from '../source.ts'
import { plainOk } from './answers.ts'

/** A probe of the URL before it is saved. It carries nothing that could prove or tell anything. */
export const headProbe = ({ method }: SourceRequest): Handshake | null =>
  method === 'HEAD' ? { response: plainOk() } : null
