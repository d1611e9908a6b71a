import type { Outcome } from '../../model/outcome.ts'
import { late, startDeadline } from '../deadline.ts'
import type { World } from '../destination.ts'
import { cut } from '../mapping/cut.ts'
import type { Address } from './address.ts'
import type { Mail } from './mail.ts'

const refused: Outcome = { kind: 'refused', cause: 'status' }
const sender: Outcome = { kind: 'refused', cause: 'credentials' }
const busy: Outcome = { kind: 'failed', cause: 'rate_limited' }
const failed: Outcome = { kind: 'failed', cause: 'status' }

/** https://developers.cloudflare.com/email-service/api/send-emails/workers-api/#error-codes */
const outcomes: Readonly<Record<string, Outcome>> = {
  E_VALIDATION_ERROR: refused,
  E_FIELD_MISSING: refused,
  E_TOO_MANY_RECIPIENTS: refused,
  E_CONTENT_TOO_LARGE: refused,
  E_RECIPIENT_NOT_ALLOWED: refused,
  E_RECIPIENT_SUPPRESSED: refused,
  // The service has tried by itself before it says so; another try could reach those again who have it.
  E_DELIVERY_FAILED: refused,
  E_SENDER_NOT_VERIFIED: sender,
  E_SENDER_DOMAIN_NOT_AVAILABLE: sender,
  E_RATE_LIMIT_EXCEEDED: busy,
  E_DAILY_LIMIT_EXCEEDED: busy,
  E_INTERNAL_SERVER_ERROR: failed,
}

const party = ({ email, name }: Address) => (name === null ? email : { email, name })

/** Sends by a `send_email` binding. Never throws, and waits no longer than `timeoutMs`. */
export async function sendByBinding(
  { from, to, replyTo, subject, text, html }: Mail,
  binding: string,
  { mailer }: Pick<World, 'mailer'>,
  timeoutMs: number,
): Promise<{ outcome: Outcome; error?: string }> {
  const deadline = startDeadline(timeoutMs)
  try {
    const bound = mailer(binding)
    if (bound === null) {
      const error = `The Worker has no mailer that is bound as "${binding}": add it to wrangler.toml under [[send_email]] and deploy.`
      return { outcome: { kind: 'refused', cause: 'credentials' }, error }
    }
    const mail = {
      from: party(from),
      to: to.map(({ email }) => email),
      subject,
      text,
      html,
      ...(replyTo === null ? {} : { replyTo: party(replyTo) }),
    }
    const sent = await deadline.race(bound.send(mail))
    return sent === late
      ? {
          outcome: { kind: 'failed', cause: 'timeout' },
          error: 'The mailer did not answer in time.',
        }
      : { outcome: { kind: 'delivered' } }
  } catch (error) {
    const said = error instanceof Error ? error.message : ''
    const own = error instanceof Error && 'code' in error ? String(error.code) : ''
    // Across a binding a code may survive only in the text.
    const code = own === '' ? (/\bE_[A-Z_]+\b/.exec(said)?.[0] ?? '') : own
    const outcome = Object.hasOwn(outcomes, code) ? (outcomes[code] ?? failed) : failed
    return { outcome, error: `The mailer did not take it: ${cut(`${code} ${said}`.trim(), 500)}` }
  } finally {
    deadline.end()
  }
}
