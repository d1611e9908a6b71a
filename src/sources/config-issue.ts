/** One thing that is wrong with a config. */
export interface ConfigIssue {
  /** Dotted, `fields.timestamp`; empty for the whole. */
  path: string
  message: string
}
