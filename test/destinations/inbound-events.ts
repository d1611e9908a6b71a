/** Payloads as products and vendors send them, shortened, and how they are said. */

import type { Card } from '../../src/destinations/mapping/card.ts'
import type { Json } from '../../src/model/json.ts'

interface Inbound<Said> {
  type: string
  data: Json
  card: Said
}

const video = {
  id: 'vid_1',
  title: 'Intro',
  description: 'A first look',
  url: 'https://videos.example/1',
  thumbnail_url: 'https://videos.example/1.jpg',
  duration_s: 75,
}
const jane = { id: 'usr_1', first_name: 'Jane', last_name: 'Doe', email: 'jane@example.com' }
const aboutVideo = { link: video.url, linkText: 'Watch', image: video.thumbnail_url }

export const productEvents: Inbound<Partial<Card>>[] = [
  {
    type: 'video.generated',
    data: { video, user: { email: jane.email } },
    card: {
      ...aboutVideo,
      title: 'Intro was generated',
      text: 'A first look',
      fields: [
        { name: 'Video', value: 'vid_1' },
        { name: 'Duration', value: '1 min 15 s' },
        { name: 'User', value: 'jane@example.com' },
      ],
      tone: 'good',
    },
  },
  { type: 'video.completed', data: video, card: { ...aboutVideo, title: 'Intro is complete' } },
  {
    type: 'video.failed',
    data: { video: { ...video, error: { message: 'out of credits' } } },
    card: { title: 'Intro failed', text: 'out of credits', tone: 'bad' },
  },
  {
    type: 'user.registered',
    data: { user: { ...jane, company: 'Acme', plan: 'pro' } },
    card: {
      title: 'Jane Doe registered',
      fields: [
        { name: 'User', value: 'usr_1' },
        { name: 'E-mail', value: 'jane@example.com' },
        { name: 'Company', value: 'Acme' },
        { name: 'Plan', value: 'pro' },
      ],
    },
  },
  { type: 'user.updated', data: jane, card: { title: 'Jane Doe was updated' } },
  {
    type: 'session.started',
    data: { session: { id: 'ses_1' }, user: { name: 'Jane' } },
    card: { title: 'Jane: session started', fields: [{ name: 'Session', value: 'ses_1' }] },
  },
  {
    type: 'session.completed',
    data: { session_id: 'ses_1', duration_s: 90 },
    card: { title: 'A session is complete', tone: 'good' },
  },
]

const stripe = (type: string, object: { [key: string]: Json }, livemode = true): Json => ({
  id: 'evt_1MqqbKLt4dXK03v5qaIbiNCC',
  object: 'event',
  api_version: '2026-10-28.endive',
  created: 1_680_064_028,
  data: { object },
  livemode,
  type,
})
const inStripe = { linkText: 'Open in Stripe', image: null }

/** https://docs.stripe.com/api/events, https://docs.stripe.com/api/invoices/object and their likes. */
export const stripeEvents: Inbound<Card>[] = [
  {
    type: 'invoice.paid',
    data: stripe('invoice.paid', {
      id: 'in_1MtHbELkdIwHu7ixl4OzzPMv',
      object: 'invoice',
      amount_due: 4900,
      amount_paid: 4900,
      currency: 'eur',
      customer: 'cus_NeZwdNtLEOXuvB',
      customer_email: 'jane@example.com',
      hosted_invoice_url: 'https://invoice.stripe.com/i/acct_1/test_1',
      lines: { object: 'list', data: [{ description: '1 × Pro (at €49.00 / month)' }] },
      number: 'E0ABA0D7-0001',
      status: 'paid',
    }),
    card: {
      ...inStripe,
      title: 'Invoice paid: 49.00 EUR',
      text: '1 × Pro (at €49.00 / month)',
      link: 'https://dashboard.stripe.com/invoices/in_1MtHbELkdIwHu7ixl4OzzPMv',
      fields: [
        { name: 'Amount', value: '49.00 EUR' },
        { name: 'Customer', value: 'jane@example.com' },
        { name: 'Number', value: 'E0ABA0D7-0001' },
        { name: 'Status', value: 'paid' },
      ],
      tone: 'good',
    },
  },
  {
    type: 'invoice.payment_failed',
    data: stripe(
      'invoice.payment_failed',
      {
        id: 'in_2',
        object: 'invoice',
        amount_due: 500,
        amount_paid: 0,
        currency: 'jpy',
        customer_name: 'Acme',
      },
      false,
    ),
    card: {
      ...inStripe,
      title: 'Invoice payment failed: 500 JPY',
      text: null,
      link: 'https://dashboard.stripe.com/test/invoices/in_2',
      fields: [
        { name: 'Amount', value: '500 JPY' },
        { name: 'Customer', value: 'Acme' },
        { name: 'Mode', value: 'test' },
      ],
      tone: 'bad',
    },
  },
  {
    type: 'checkout.session.completed',
    data: stripe('checkout.session.completed', {
      id: 'cs_test_a11YYufWQzNY63zpQ6QSNRQhkUpVph4WRmzW0zWJO2znZKdVujZ0N0S22u',
      object: 'checkout.session',
      amount_total: 2198,
      currency: 'usd',
      customer_details: { email: 'jane@example.com', name: 'Jane' },
      payment_intent: 'pi_1GszdL2eZvKYlo2C',
      status: 'complete',
    }),
    card: {
      ...inStripe,
      title: 'Checkout session completed: 21.98 USD',
      text: null,
      link: 'https://dashboard.stripe.com/payments/pi_1GszdL2eZvKYlo2C',
      fields: [
        { name: 'Amount', value: '21.98 USD' },
        { name: 'Customer', value: 'jane@example.com' },
        { name: 'Status', value: 'complete' },
      ],
      tone: 'good',
    },
  },
  {
    type: 'charge.refunded',
    data: stripe('charge.refunded', {
      id: 'ch_3MmlLrLkdIwHu7ix0snN0B15',
      object: 'charge',
      amount: 1099,
      amount_refunded: 1000,
      billing_details: { email: null, name: null },
      currency: 'kwd',
      description: 'Order 5',
      receipt_email: 'jane@example.com',
    }),
    card: {
      ...inStripe,
      title: 'Charge refunded: 1.000 KWD',
      text: 'Order 5',
      link: 'https://dashboard.stripe.com/payments/ch_3MmlLrLkdIwHu7ix0snN0B15',
      fields: [
        { name: 'Amount', value: '1.000 KWD' },
        { name: 'Customer', value: 'jane@example.com' },
      ],
      tone: 'neutral',
    },
  },
  {
    type: 'customer.subscription.deleted',
    data: stripe('customer.subscription.deleted', {
      id: 'sub_1MowQVLkdIwHu7ixeRlqHVzs',
      object: 'subscription',
      cancellation_details: { reason: 'cancellation_requested' },
      currency: 'usd',
      customer: 'cus_Na6dX7aXxi11N4',
      status: 'canceled',
    }),
    card: {
      ...inStripe,
      title: 'Customer subscription deleted',
      text: null,
      link: 'https://dashboard.stripe.com/subscriptions/sub_1MowQVLkdIwHu7ixeRlqHVzs',
      fields: [
        { name: 'Customer', value: 'cus_Na6dX7aXxi11N4' },
        { name: 'Status', value: 'canceled' },
        { name: 'Reason', value: 'cancellation_requested' },
      ],
      tone: 'neutral',
    },
  },
]

const linearIssue = {
  id: '2174add1-f7c8-44e3-bbf3-2d60b5ea8bc9',
  identifier: 'ENG-1778',
  title: 'Add OAuth',
  description: 'With **PKCE**.',
  priority: 2,
  priorityLabel: 'High',
  state: { id: 's1', color: '#5e6ad2', name: 'In Progress', type: 'started' },
  team: { id: 't1', key: 'ENG', name: 'Engineering' },
  assignee: { id: 'u1', name: 'Ada' },
}
const linear = (type: string, action: string, data: Json, updatedFrom?: Json): Json => ({
  action,
  type,
  actor: { id: 'u2', type: 'user', name: 'Grace' },
  createdAt: '2026-11-20T10:00:00.000Z',
  data,
  url: 'https://linear.app/issue/ENG-1778',
  ...(updatedFrom === undefined ? {} : { updatedFrom }),
  webhookTimestamp: 1_795_168_800_000,
  webhookId: '000042e3-d123-4980-b49f-8e140eef9329',
  organizationId: 'o1',
})
const inLinear = {
  link: 'https://linear.app/issue/ENG-1778',
  linkText: 'Open in Linear',
  image: null,
}
const linearFields = [
  { name: 'State', value: 'In Progress' },
  { name: 'Priority', value: 'High' },
  { name: 'Assignee', value: 'Ada' },
  { name: 'Team', value: 'Engineering' },
  { name: 'By', value: 'Grace' },
]

/** https://linear.app/developers/webhooks#data-change-events-payload */
export const linearEvents: Inbound<Card>[] = [
  {
    type: 'Issue.create',
    data: linear('Issue', 'create', linearIssue),
    card: {
      ...inLinear,
      title: 'ENG-1778 created: Add OAuth',
      text: 'With **PKCE**.',
      fields: linearFields,
      tone: 'neutral',
    },
  },
  {
    type: 'Issue.update',
    data: linear(
      'Issue',
      'update',
      { ...linearIssue, state: { name: 'Done', type: 'completed' } },
      { stateId: 's1', updatedAt: 'x', sortOrder: 1, completedAt: null },
    ),
    card: {
      ...inLinear,
      title: 'ENG-1778 moved to Done: Add OAuth',
      text: 'With **PKCE**.',
      fields: [
        { name: 'State', value: 'Done' },
        ...linearFields.slice(1),
        { name: 'Changed', value: 'state, completed at' },
      ],
      tone: 'good',
    },
  },
  {
    type: 'Issue.remove',
    data: linear('Issue', 'remove', linearIssue),
    card: {
      ...inLinear,
      title: 'ENG-1778 removed: Add OAuth',
      text: 'With **PKCE**.',
      fields: linearFields,
      tone: 'neutral',
    },
  },
  {
    type: 'Comment.create',
    data: linear('Comment', 'create', {
      body: 'Looks good',
      issue: { identifier: 'ENG-1778', title: 'Add OAuth' },
    }),
    card: {
      ...inLinear,
      title: 'Comment created on ENG-1778: Add OAuth',
      text: 'Looks good',
      fields: [{ name: 'By', value: 'Grace' }],
      tone: 'neutral',
    },
  },
  {
    type: 'ProjectUpdate.create',
    data: linear('ProjectUpdate', 'create', { body: 'On track', project: { name: 'Login' } }),
    card: {
      ...inLinear,
      title: 'Project update created on Login',
      text: 'On track',
      fields: [{ name: 'By', value: 'Grace' }],
      tone: 'neutral',
    },
  },
]

const jiraIssue = {
  id: '99291',
  self: 'https://team.atlassian.net/rest/api/2/issue/99291',
  key: 'JRA-20002',
  fields: {
    summary: 'I feel the need for speed',
    description: 'Make the issue nav load 10x faster',
    issuetype: { name: 'Story' },
    project: { key: 'JRA', name: 'Jira' },
    priority: { name: 'Major' },
    status: { name: 'To Do', statusCategory: { key: 'new' } },
    assignee: null,
  },
}
const jiraUser = { accountId: '99:27935d01', displayName: 'Bryan Rollins' }
const inJira = {
  link: 'https://team.atlassian.net/browse/JRA-20002',
  linkText: 'Open in Jira',
  image: null,
}
const jiraFields = [
  { name: 'Project', value: 'Jira' },
  { name: 'Type', value: 'Story' },
  { name: 'Status', value: 'To Do' },
  { name: 'Priority', value: 'Major' },
  { name: 'By', value: 'Bryan Rollins' },
]

/** https://developer.atlassian.com/cloud/jira/platform/webhooks/#example-callback-for-an-issue-related-event */
export const jiraEvents: Inbound<Card>[] = [
  {
    type: 'jira:issue_created',
    data: {
      timestamp: 1_525_698_237_764,
      webhookEvent: 'jira:issue_created',
      issue_event_type_name: 'issue_created',
      user: jiraUser,
      issue: jiraIssue,
    },
    card: {
      ...inJira,
      title: 'JRA-20002 created: I feel the need for speed',
      text: 'Make the issue nav load 10x faster',
      fields: jiraFields,
      tone: 'neutral',
    },
  },
  {
    type: 'jira:issue_updated',
    data: {
      webhookEvent: 'jira:issue_updated',
      user: jiraUser,
      issue: {
        ...jiraIssue,
        fields: {
          ...jiraIssue.fields,
          status: { name: 'Done', statusCategory: { key: 'done' } },
        },
      },
      changelog: {
        id: '10124',
        items: [
          {
            field: 'status',
            fieldtype: 'jira',
            from: '1',
            fromString: 'To Do',
            to: '5',
            toString: 'Done',
          },
          { field: 'description', fromString: 'x'.repeat(300), toString: 'y' },
          { field: 'assignee', fromString: null, toString: 'Ada' },
        ],
      },
    },
    card: {
      ...inJira,
      title: 'JRA-20002 moved to Done: I feel the need for speed',
      text: 'Make the issue nav load 10x faster',
      fields: [
        ...jiraFields.map((field) =>
          field.name === 'Status' ? { ...field, value: 'Done' } : field,
        ),
        { name: 'Status', value: 'To Do → Done' },
        { name: 'Description', value: 'changed' },
        { name: 'Assignee', value: '– → Ada' },
      ],
      tone: 'good',
    },
  },
  {
    type: 'comment_created',
    data: {
      webhookEvent: 'comment_created',
      comment: { body: 'Just in time', author: jiraUser, updateAuthor: jiraUser },
      issue: jiraIssue,
    },
    card: {
      ...inJira,
      title: 'Comment created on JRA-20002: I feel the need for speed',
      text: 'Just in time',
      fields: jiraFields,
      tone: 'neutral',
    },
  },
]
