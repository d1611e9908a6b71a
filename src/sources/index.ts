import { err } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import type { Refusal } from '../model/refusal.ts'
import { adyenPlatform } from './adyen-platform.ts'
import { aftership } from './aftership.ts'
import { apiKey } from './api-key.ts'
import { asana } from './asana.ts'
import { atlassianConnect } from './atlassian-connect.ts'
import { awsSns } from './aws-sns.ts'
import { azureEventGrid } from './azure-event-grid.ts'
import { basic } from './basic.ts'
import { registered } from './bind.ts'
import type { BoundSource, RegisteredSource } from './bind.ts'
import { bitbucket } from './bitbucket.ts'
import { buildkite } from './buildkite.ts'
import { calCom } from './cal-com.ts'
import { calendly } from './calendly.ts'
import { circleci } from './circleci.ts'
import { clerk } from './clerk.ts'
import { cloudevents } from './cloudevents.ts'
import { coinbaseCommerce } from './coinbase-commerce.ts'
import type { ConfigIssue } from './config-issue.ts'
import { discord } from './discord.ts'
import { docusign } from './docusign.ts'
import { dropbox } from './dropbox.ts'
import { figma } from './figma.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { gocardless } from './gocardless.ts'
import { heroku } from './heroku.ts'
import { hmac } from './hmac.ts'
import { hubspot } from './hubspot.ts'
import { intercom } from './intercom.ts'
import { jira } from './jira.ts'
import { launchdarkly } from './launchdarkly.ts'
import { lemonSqueezy } from './lemon-squeezy.ts'
import { line } from './line.ts'
import { linear } from './linear.ts'
import { linkedin } from './linkedin.ts'
import { mailchimp } from './mailchimp.ts'
import { mandrill } from './mandrill.ts'
import { meta } from './meta.ts'
import { microsoftGraph } from './microsoft-graph.ts'
import { mux } from './mux.ts'
import { none } from './none.ts'
import { paddle } from './paddle.ts'
import { pagerduty } from './pagerduty.ts'
import { paypal } from './paypal.ts'
import { postmark } from './postmark.ts'
import { razorpay } from './razorpay.ts'
import { resend } from './resend.ts'
import { salesforce } from './salesforce.ts'
import { sanity } from './sanity.ts'
import { sendgrid } from './sendgrid.ts'
import { sentry } from './sentry.ts'
import { shopify } from './shopify.ts'
import { slack } from './slack.ts'
import type { SourceRequest, Verified, World } from './source.ts'
import { square } from './square.ts'
import { standardWebhooks } from './standard-webhooks.ts'
import { stripe } from './stripe.ts'
import { svix } from './svix.ts'
import { teams } from './teams.ts'
import { telnyx } from './telnyx.ts'
import { todoist } from './todoist.ts'
import { trello } from './trello.ts'
import { twilio } from './twilio.ts'
import { twitch } from './twitch.ts'
import { typeform } from './typeform.ts'
import { vercel } from './vercel.ts'
import { woocommerce } from './woocommerce.ts'
import { wordpress } from './wordpress.ts'
import { workos } from './workos.ts'
import { zapier } from './zapier.ts'
import { zendesk } from './zendesk.ts'
import { zoom } from './zoom.ts'

export type { BoundSource, RegisteredSource } from './bind.ts'
export type { ConfigIssue } from './config-issue.ts'
export type { Handshake, Part, SourceRequest, Verified, World } from './source.ts'

/** All senders. A new one is a file, a line here and a test. */
export const sources = {
  'adyen-platform': registered(adyenPlatform),
  aftership: registered(aftership),
  'api-key': registered(apiKey),
  asana: registered(asana),
  'atlassian-connect': registered(atlassianConnect),
  'aws-sns': registered(awsSns),
  'azure-event-grid': registered(azureEventGrid),
  basic: registered(basic),
  bitbucket: registered(bitbucket),
  buildkite: registered(buildkite),
  'cal-com': registered(calCom),
  calendly: registered(calendly),
  circleci: registered(circleci),
  clerk: registered(clerk),
  cloudevents: registered(cloudevents),
  'coinbase-commerce': registered(coinbaseCommerce),
  discord: registered(discord),
  docusign: registered(docusign),
  dropbox: registered(dropbox),
  figma: registered(figma),
  github: registered(github),
  gitlab: registered(gitlab),
  gocardless: registered(gocardless),
  heroku: registered(heroku),
  hmac: registered(hmac),
  hubspot: registered(hubspot),
  intercom: registered(intercom),
  jira: registered(jira),
  launchdarkly: registered(launchdarkly),
  'lemon-squeezy': registered(lemonSqueezy),
  line: registered(line),
  linear: registered(linear),
  linkedin: registered(linkedin),
  mailchimp: registered(mailchimp),
  mandrill: registered(mandrill),
  meta: registered(meta),
  'microsoft-graph': registered(microsoftGraph),
  mux: registered(mux),
  none: registered(none),
  paddle: registered(paddle),
  pagerduty: registered(pagerduty),
  paypal: registered(paypal),
  postmark: registered(postmark),
  razorpay: registered(razorpay),
  resend: registered(resend),
  salesforce: registered(salesforce),
  sanity: registered(sanity),
  sendgrid: registered(sendgrid),
  sentry: registered(sentry),
  shopify: registered(shopify),
  slack: registered(slack),
  square: registered(square),
  'standard-webhooks': registered(standardWebhooks),
  stripe: registered(stripe),
  svix: registered(svix),
  teams: registered(teams),
  telnyx: registered(telnyx),
  todoist: registered(todoist),
  trello: registered(trello),
  twilio: registered(twilio),
  twitch: registered(twitch),
  typeform: registered(typeform),
  vercel: registered(vercel),
  woocommerce: registered(woocommerce),
  wordpress: registered(wordpress),
  workos: registered(workos),
  zapier: registered(zapier),
  zendesk: registered(zendesk),
  zoom: registered(zoom),
} satisfies Record<string, RegisteredSource>

export type Provider = keyof typeof sources

export const isProvider = (name: string): name is Provider => Object.hasOwn(sources, name)

/** The sender of that name with this config, or what is wrong with either. */
export function bindSource(provider: string, config: unknown): Result<BoundSource, ConfigIssue[]> {
  if (isProvider(provider)) return sources[provider].bind(config)
  return err([{ path: 'provider', message: 'there is no such provider' }])
}

export type VerifyError = Refusal | { reason: 'config_invalid'; issues: ConfigIssue[] }

/**
 * Whether `request` is genuine, and what it is about. Pure, but for the `fetch` that it may be handed; never
 * throws. A caller with more than one request to check binds once instead.
 */
export async function verify(
  provider: string,
  request: SourceRequest,
  config: unknown,
  world: World,
): Promise<Result<Verified, VerifyError>> {
  const source = bindSource(provider, config)
  if (!source.ok) return err({ reason: 'config_invalid', issues: source.error })
  return source.value.verify(request, world)
}

/** The provider's answer to a request that is no event; `null` for an event, and for a config that is none. */
export async function handshake(
  provider: string,
  request: SourceRequest,
  config: unknown,
  world: World,
): Promise<Response | null> {
  const source = bindSource(provider, config)
  if (!source.ok) return null
  return (await source.value.handshake(request, world))?.response ?? null
}
