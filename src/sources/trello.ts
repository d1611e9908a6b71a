import { keyFrom, textAt, typeFrom } from './payload.ts'
import { plainOk } from './schemes/answers.ts'
import { headProbe } from './schemes/head-probe.ts'
import { hmacSource } from './schemes/hmac-source.ts'
import { defineSource } from './source.ts'

const signed = hmacSource({
  title: 'Trello',
  documentation: 'https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/',
  signing: { header: 'x-trello-webhook', encoding: 'base64', signed: ['body', 'url'] },
  algorithm: 'sha1',
  typeIs: '`type` of the `action` in the body',
  dedupeKeyIs: '`id` of the `action` in the body',
  eventTypes: [
    'createCard',
    'updateCard',
    'deleteCard',
    'commentCard',
    'addMemberToCard',
    'createList',
    'updateBoard',
  ],
  steps: [
    'Open trello.com/power-ups/admin, choose the Power-Up, then API key, and copy the secret into this source.',
    "Make the webhook with Trello's API: POST /1/webhooks with callbackURL, this source's URL, and idModel, the board.",
    'If callbackURL is written in any other way than the URL that is called, enter it here as url.',
  ],
  read: (_request, json) => ({
    type: typeFrom(textAt(json, 'action', 'type')),
    dedupeKey: keyFrom(textAt(json, 'action', 'id')),
  }),
  accepted: plainOk,
})

/**
 * Type: the action's `type`. Dedupe: the action's `id`: of two webhooks that report one action, one event. Signed is the body
 * with the callback URL behind it, to the letter as it was given to Trello.
 */
export const trello = defineSource({ ...signed, handshake: headProbe })
