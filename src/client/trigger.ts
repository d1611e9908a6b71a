import type { CatalogueData } from '../model/catalogue.ts'
import type { Events, OutgoingEvent, Sent } from './events.ts'

export type Video = CatalogueData['video.generated']['video']
export type FailedVideo = CatalogueData['video.failed']['video']
export type User = CatalogueData['user.registered']['user']
export type Session = CatalogueData['session.started']['session']

/** What may be said of an event beside its data. */
export type EventOptions = Omit<OutgoingEvent, 'type' | 'data'>

/** The catalogue's events, one word for each. */
export interface Trigger {
  videoGenerated(video: Video, user?: User, options?: EventOptions): Promise<Sent>
  videoCompleted(video: Video, user?: User, options?: EventOptions): Promise<Sent>
  videoFailed(video: FailedVideo, user?: User, options?: EventOptions): Promise<Sent>
  userRegistered(user: User, options?: EventOptions): Promise<Sent>
  userUpdated(user: User, options?: EventOptions): Promise<Sent>
  sessionStarted(session: Session, user?: User, options?: EventOptions): Promise<Sent>
  sessionCompleted(session: Session, user?: User, options?: EventOptions): Promise<Sent>
}

export function triggerOver({ send }: Events): Trigger {
  const aboutVideo =
    (type: 'video.generated' | 'video.completed' | 'video.failed') =>
    (video: FailedVideo, user?: User, options: EventOptions = {}) =>
      send({ ...options, type, data: { video, ...(user !== undefined && { user }) } })
  const aboutUser =
    (type: 'user.registered' | 'user.updated') =>
    (user: User, options: EventOptions = {}) =>
      send({ ...options, type, data: { user } })
  const aboutSession =
    (type: 'session.started' | 'session.completed') =>
    (session: Session, user?: User, options: EventOptions = {}) =>
      send({ ...options, type, data: { session, ...(user !== undefined && { user }) } })
  return {
    videoGenerated: aboutVideo('video.generated'),
    videoCompleted: aboutVideo('video.completed'),
    videoFailed: aboutVideo('video.failed'),
    userRegistered: aboutUser('user.registered'),
    userUpdated: aboutUser('user.updated'),
    sessionStarted: aboutSession('session.started'),
    sessionCompleted: aboutSession('session.completed'),
  }
}
