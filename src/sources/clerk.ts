import { svix } from './svix.ts'
import { defineSource } from './source.ts'

/** Sent through Svix. Type: the body's `type`. Dedupe: `svix-id`. */
export const clerk = defineSource({
  ...svix,
  title: 'Clerk',
  documentation: 'https://clerk.com/docs/webhooks/overview',
  eventTypes: [
    'user.created',
    'user.updated',
    'user.deleted',
    'session.created',
    'organization.created',
    'organizationMembership.created',
    'organizationInvitation.accepted',
  ],
  steps: [
    'Open the Clerk dashboard, then Configure, Webhooks, Add Endpoint.',
    "Endpoint URL: this source's URL. Choose the events and create.",
    'Copy the signing secret (whsec_…) of the endpoint into this source.',
  ],
})
