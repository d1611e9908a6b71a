import type { Route } from '../../route.ts'
import { analyticsRoutes } from './analytics.ts'
import { cmsRoutes } from './cms.ts'
import { crmRoutes } from './crm.ts'
import { messagingRoutes } from './messaging.ts'
import { integrationStatusRoutes } from './status.ts'
import { webhookRoutes } from './webhooks.ts'
import { zapierRoutes } from './zapier.ts'

/** The product's own language for destinations and connections. */
export const integrationRoutes: readonly Route[] = [
  ...integrationStatusRoutes,
  ...webhookRoutes,
  ...zapierRoutes,
  ...messagingRoutes,
  ...crmRoutes,
  ...cmsRoutes,
  ...analyticsRoutes,
]
