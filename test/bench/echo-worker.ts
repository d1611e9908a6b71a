/** The least that a Worker can do with a post: what this machine's runtime can give at the most. */
export default {
  async fetch(request) {
    await request.arrayBuffer()
    return new Response(null, { status: 202 })
  },
} satisfies ExportedHandler
