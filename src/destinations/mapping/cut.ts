let segmenter: Intl.Segmenter | undefined

/** `text` of at most `most` UTF-16 units: what is too long ends with an ellipsis, and no character that people see is halved. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text
  segmenter ??= new Intl.Segmenter()
  let end = 0
  // A text may be megabytes: only what can fit is looked at.
  for (const { index, segment } of segmenter.segment(text.slice(0, most + 64))) {
    if (index + segment.length > most - 1) break
    end = index + segment.length
  }
  return `${text.slice(0, end)}…`
}
