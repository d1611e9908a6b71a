import * as z from 'zod'

/** Where the receiver's API is, unless it is a server of one's own (for trying, or a proxy). No slash at its end. */
export const BaseUrl = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .transform((url) => url.replace(/\/+$/, ''))
  .optional()
