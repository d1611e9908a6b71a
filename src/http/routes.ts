import { apiKeyRoutes } from './resources/api-keys.ts'
import { connectionRoutes } from './resources/connections.ts'
import { deadLetterRoutes } from './resources/dead-letters.ts'
import { deliveryRoutes } from './resources/deliveries.ts'
import { descriptionRoutes } from './resources/description.ts'
import { destinationActionRoutes } from './resources/destination-actions.ts'
import { destinationPreviewRoutes } from './resources/destination-preview.ts'
import { destinationTypeRoutes } from './resources/destination-types.ts'
import { destinationRoutes } from './resources/destinations.ts'
import { dryRunRoutes } from './resources/dry-run.ts'
import { eventRoutes } from './resources/events.ts'
import { inboundRoutes } from './resources/inbound.ts'
import { integrationRoutes } from './resources/integrations/index.ts'
import { jobRoutes } from './resources/jobs.ts'
import { oauthRoutes } from './resources/oauth.ts'
import { postRoutes } from './resources/posts.ts'
import { providerRoutes } from './resources/providers.ts'
import { rejectionRoutes } from './resources/rejections.ts'
import { sourceRoutes } from './resources/sources.ts'
import { tenantRoutes } from './resources/tenants.ts'
import type { Route } from './route.ts'

/** Every route of the router. It answers nothing that does not stand here, and describes all that does. */
export const routes: readonly Route[] = [
  ...descriptionRoutes(() => routes),
  ...inboundRoutes,
  ...postRoutes,
  ...eventRoutes,
  ...sourceRoutes,
  ...providerRoutes,
  ...rejectionRoutes,
  ...destinationPreviewRoutes,
  ...destinationRoutes,
  ...destinationActionRoutes,
  ...destinationTypeRoutes,
  ...oauthRoutes,
  ...dryRunRoutes,
  ...connectionRoutes,
  ...deliveryRoutes,
  ...deadLetterRoutes,
  ...jobRoutes,
  ...integrationRoutes,
  ...apiKeyRoutes,
  ...tenantRoutes,
]
