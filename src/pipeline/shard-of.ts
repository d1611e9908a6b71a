import type { PlannedVerdict } from '../model/event.ts'

/** FNV-1a, 32 bits: spreads keys evenly, and for ever the same. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  }
  return value >>> 0
}

/**
 * Which of a tenant's ledgers an event belongs to: its order key decides, so that a lane lies in one; else its dedupe key, so
 * that a repeat meets the first; else the dice.
 */
export function shardOf(
  shards: number,
  plan: readonly PlannedVerdict[],
  dedupeKey: string | null,
  dice: Uint8Array,
): number {
  if (shards === 1) return 0
  for (const verdict of plan) {
    if (verdict.verdict !== 'delivery' || verdict.lane === null) continue
    // The connection's part goes: all of a tenant's orders share one key when it has several shards.
    return hash(verdict.lane.slice(verdict.connection_id.length)) % shards
  }
  if (dedupeKey !== null) return hash(dedupeKey) % shards
  return ((dice[0] ?? 0) * 256 + (dice[1] ?? 0)) % shards
}
