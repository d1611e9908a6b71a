/** Compiles and evaluates the production bundle when asked to, so that it can be timed from outside. */
export default {
  async fetch(request) {
    if (new URL(request.url).pathname === '/import') await import('../../src/index.ts')
    return new Response(null)
  },
} satisfies ExportedHandler
