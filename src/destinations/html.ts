const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#039;',
  // WordPress would run what an event says as a shortcode.
  '[': '&#091;',
  ']': '&#093;',
}

/** Text as HTML, in which neither markup, nor a block, nor a shortcode can begin. */
export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"'[\]]/g, (character) => entities[character] ?? character)

/** A web address that nothing around it can be mistaken for a part of, nor it for the end of that. */
export const plainUrl = (url: string): string =>
  (URL.parse(url)?.href ?? '').replaceAll(/[[\]"'<>]/g, (one) => encodeURIComponent(one))

/** A link. */
export const anchor = (url: string, text: string): string =>
  `<a href="${escapeHtml(plainUrl(url))}">${escapeHtml(text)}</a>`

/** The paragraphs of a text, line breaks kept. */
export const paragraphsOf = (text: string): string[] =>
  text
    .split(/\n{2,}/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => escapeHtml(part).replaceAll('\n', '<br>'))
