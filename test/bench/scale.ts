/** How much of everything: enough to be trusted, or little enough for three minutes. */
export interface Scale {
  rounds: number
  floodS: number
  paceS: number
  drained: number
  fannedOut: number
  inLane: number
  retried: number
  counted: number
  stored: number
  pending: number
  listed: number
  woken: number
  idleS: number
}

export const full: Scale = {
  rounds: 5,
  floodS: 3,
  paceS: 5,
  drained: 10_000,
  fannedOut: 100,
  inLane: 400,
  retried: 300,
  counted: 1000,
  stored: 200_000,
  pending: 5000,
  listed: 100,
  woken: 5,
  idleS: 60,
}

export const quick: Scale = {
  ...full,
  rounds: 2,
  floodS: 1,
  paceS: 1.5,
  drained: 2000,
  fannedOut: 25,
  inLane: 200,
  retried: 100,
  counted: 500,
  listed: 100,
  woken: 2,
}

/** The round before the first that counts: it warms up. */
export const warmUp = (scale: Scale): Scale => ({
  ...scale,
  floodS: 0.5,
  paceS: 0.5,
  drained: 500,
  fannedOut: 10,
  inLane: 40,
  retried: 20,
})
