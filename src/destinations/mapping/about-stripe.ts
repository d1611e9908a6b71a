import type { Json } from '../../model/json.ts'
import { at, firstTextAt, numberAt, textAt } from './look.ts'
import { capital, fieldsFrom, said, spaced } from './saying.ts'
import type { Card, Tone, Words } from './telling.ts'

/** https://docs.stripe.com/currencies#zero-decimal, and those of three decimals. All others count hundredths. */
const decimals: Readonly<Record<string, number>> = Object.fromEntries([
  ...'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ').map((c) => [c, 0]),
  ...'bhd jod kwd omr tnd'.split(' ').map((c) => [c, 3]),
])

/** `4900` of `eur` as `49.00 EUR`. */
export function moneyOf(amount: number | undefined, currency: string | undefined): string | null {
  if (amount === undefined || currency === undefined) return null
  const code = currency.toLowerCase()
  const digits = (Object.hasOwn(decimals, code) ? decimals[code] : undefined) ?? 2
  return `${(amount / 10 ** digits).toFixed(digits)} ${currency.toUpperCase()}`
}

/** What an event is about in money: what has been paid, given back, or is to be paid. */
function amountOf(type: string, object: Json): number | undefined {
  const first = /refunded/.test(type)
    ? ['amount_refunded', 'amount']
    : /paid|succeeded/.test(type)
      ? ['amount_paid', 'amount_received', 'amount']
      : ['amount_due', 'amount_total', 'amount']
  return first.map((name) => numberAt(object, [name])).find((amount) => amount !== undefined)
}

const tones: readonly [RegExp, Tone][] = [
  [/failed|dispute\.created|past_due|uncollectible/, 'bad'],
  [/paid|succeeded|completed/, 'good'],
]

/** Where the dashboard shows it, by the beginning of its id. */
const pages: Readonly<Record<string, string>> = {
  in: 'invoices',
  ch: 'payments',
  pi: 'payments',
  py: 'payments',
  cus: 'customers',
  sub: 'subscriptions',
  po: 'payouts',
  prod: 'products',
}

function linkOf(data: Json, object: Json): string | null {
  const ids = [
    textAt(object, ['id']),
    textAt(object, ['payment_intent']),
    textAt(object, ['charge']),
  ]
  const mode = at(data, ['livemode']) === false ? 'test/' : ''
  for (const id of ids) {
    const [, prefix = ''] = /^([a-z]+)_\w+$/.exec(id ?? '') ?? []
    const page = Object.hasOwn(pages, prefix) ? pages[prefix] : undefined
    if (page !== undefined) return `https://dashboard.stripe.com/${mode}${page}/${id}`
  }
  return firstTextAt(object, ['hosted_invoice_url'], ['receipt_url']) ?? null
}

function cardOfObject(type: string, data: Json, object: Json): Card {
  const amount = moneyOf(amountOf(type, object), textAt(object, ['currency']))
  const customer = firstTextAt(
    object,
    ['customer_email'],
    ['customer_details', 'email'],
    ['billing_details', 'email'],
    ['receipt_email'],
    ['email'],
    ['customer_name'],
    ['name'],
    ['customer'],
  )
  return said({
    title: `${capital(spaced(type))}${amount === null ? '' : `: ${amount}`}`,
    text: firstTextAt(object, ['description'], ['lines', 'data', 0, 'description']) ?? null,
    link: linkOf(data, object),
    linkText: 'Open in Stripe',
    fields: fieldsFrom({
      Amount: amount,
      Customer: customer,
      Number: textAt(object, ['number']),
      Status: textAt(object, ['status']),
      Reason: firstTextAt(
        object,
        ['failure_message'],
        ['last_payment_error', 'message'],
        ['last_finalization_error', 'message'],
        ['cancellation_details', 'reason'],
        ['reason'],
      ),
      Mode: at(data, ['livemode']) === false ? 'test' : null,
    }),
    tone: tones.find(([pattern]) => pattern.test(type))?.[1] ?? 'neutral',
  })
}

/** Stripe's snapshot events, which have what they are about in `data.object`: https://docs.stripe.com/api/events/object */
export const aboutStripe: Words = ({ type }, data) => {
  const object = at(data, ['data', 'object'])
  if (textAt(data, ['object']) !== 'event' || textAt(object, ['object']) === undefined) return null
  return object === undefined ? null : cardOfObject(type, data, object)
}
