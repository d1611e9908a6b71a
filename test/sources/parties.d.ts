/** What is used of the other parties that bring no types. */

declare module 'sns-validator' {
  export default class MessageValidator {
    validate(message: string, done: (error: Error | null) => void): void
  }
}

declare module 'mandrill-webhook-validator' {
  export function makeSignature(key: string, url: string, params: Record<string, string>): string
}
