import { defineDestination } from './destination.ts'
import { graphOutcome } from './instagram/answers.ts'
import {
  apiOf,
  called,
  containerFor,
  InstagramConfig,
  isDead,
  settledState,
  unpublished,
} from './instagram/container.ts'
import { containerOf, instagramFields } from './instagram/post.ts'

/** https://developers.facebook.com/docs/instagram-platform/content-publishing */
export const instagram = defineDestination({
  title: 'Instagram',
  description:
    "Publishes each event's video as a reel, or its picture, with a caption. The container that Meta prepares is kept for the retries of the delivery: " +
    'a retry goes on with it, and finds it published where an attempt was cut off, so nothing is published twice. ' +
    'Events without a video or picture are not sent, and end as "mapping_invalid".',
  config: InstagramConfig,
  secrets: ['access_token'],
  signing: () => null,
  // 100 posts in 24 hours.
  rateLimit: { limit: 4, per: 'hour' },
  addresses: (config) => [{ path: 'base_url', url: apiOf(config) }],
  mapping: instagramFields,
  steps: [
    'Make the Instagram account a professional one (Business or Creator).',
    'At https://developers.facebook.com/apps, make an app of the type Business and add the product Instagram.',
    'With "Instagram API with Facebook login", connect the account to a Facebook page, and grant instagram_basic, instagram_content_publish and pages_read_engagement.',
    'With "Instagram API with Instagram login", grant instagram_business_basic and instagram_business_content_publish, and enter https://graph.instagram.com as base_url.',
    "Enter a long-lived access token and the account's number (GET /me?fields=user_id, or the page's instagram_business_account).",
    'Videos and pictures must be files at public URLs: MP4 or MOV, and JPEG.',
  ],
  async converse(message, target, talk) {
    const { config, timeoutMs } = target
    // What is left is for the call that publishes.
    const until = talk.now() + timeoutMs * 0.7
    const media = containerOf(message, config.media)
    if (!media.ok) return media.error
    const first = await containerFor(media.value, message, target, talk, null)
    if (!first.ok) return first.error
    let { id } = first.value
    let state = await settledState(id, until, config, talk)
    if (state.ok && isDead(state.value) && !first.value.isNew) {
      const second = await containerFor(media.value, message, target, talk, id)
      if (!second.ok) return second.error
      id = second.value.id
      state = await settledState(id, until, config, talk)
    }
    if (!state.ok) return state.error
    if (state.value.code === 'PUBLISHED') return { outcome: { kind: 'delivered' } }
    if (state.value.code !== 'FINISHED') return unpublished(state.value)
    const path = `${config.ig_user_id}/media_publish`
    const published = await called(path, { creation_id: id }, config, talk)
    if (!published.ok) return published.error
    return { outcome: graphOutcome(published.value, 'id', talk.now()) }
  },
})
