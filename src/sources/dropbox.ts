import { isJsonObject } from '../model/json.ts'
import { typeFrom } from './payload.ts'
import { echo, plainOk } from './schemes/answers.ts'
import { hmacSource } from './schemes/hmac-source.ts'
import { parametersOf } from './schemes/shared-secret.ts'
import { defineSource } from './source.ts'

const preset = hmacSource({
  title: 'Dropbox',
  documentation: 'https://www.dropbox.com/developers/reference/webhooks',
  typeIs: 'what changed, as the body calls it: `list_folder`',
  dedupeKeyIs: 'nothing: Dropbox gives nothing to tell repeats by',
  eventTypes: ['list_folder'],
  steps: [
    'Open www.dropbox.com/developers/apps and choose the app.',
    'Copy the app secret (Settings) into this source.',
    "Webhooks: add this source's URL. Dropbox checks it at once.",
  ],
  signing: { header: 'x-dropbox-signature', encoding: 'lower-hex', signed: ['body'] },
  read(_request, json) {
    const names = isJsonObject(json) ? Object.keys(json) : []
    return {
      type: typeFrom(
        names.find((name) => name === 'list_folder'),
        names[0],
      ),
      dedupeKey: null,
    }
  },
  accepted: plainOk,
})

/**
 * Type: `list_folder`, the body's own word. Dedupe: none. A notification says only whose files changed, so that those of two
 * changes are the same bytes: a digest would take the second for a repeat of the first.
 */
export const dropbox = defineSource({
  ...preset,

  handshake(request) {
    const [challenge = ''] = request.method === 'GET' ? parametersOf(request, 'challenge') : []
    return challenge === '' ? null : { response: echo(challenge) }
  },
})
