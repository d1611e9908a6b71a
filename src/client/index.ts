import { type Events, eventsOver } from './events.ts'
import { type ClientOptions, senderOf } from './request.ts'
import { type Trigger, triggerOver } from './trigger.ts'

export {
  ConflictError,
  ConnectionError,
  type FieldError,
  InvalidRequestError,
  KeyError,
  RateLimitError,
  SwitchyardError,
} from './errors.ts'
export type { Events, OutgoingEvent, Sent, SentOfBatch } from './events.ts'
export type { ClientOptions } from './request.ts'
export type { EventOptions, FailedVideo, Session, Trigger, User, Video } from './trigger.ts'
export {
  type ReceivedWebhook,
  type RefusedBecause,
  type VerifiedWebhook,
  verifyWebhook,
  type VerifyOptions,
  WebhookVerificationError,
} from './verify-webhook.ts'

/**
 * Sends events to a Switchyard router from Node, a browser or a Worker. Requests that may work later are made again with the same
 * idempotency key, so that an event is stored once; the rest throws a typed error.
 */
export class Switchyard {
  readonly events: Events
  /** The catalogue's events by name: `trigger.videoGenerated(video, user)`. */
  readonly trigger: Trigger

  constructor(options: ClientOptions) {
    this.events = eventsOver(senderOf(options), options)
    this.trigger = triggerOver(this.events)
  }
}
