/** What is used of the client that brings no types. */
declare module '@mailchimp/mailchimp_marketing' {
  const client: {
    setConfig(config: { apiKey: string; server: string }): void
    lists: {
      apiClient: { basePath: string }
      setListMember(list: string, hash: string, body: object, options: object): Promise<unknown>
      updateListMemberTags(list: string, hash: string, body: object): Promise<unknown>
    }
  }
  export default client
}
