const plainName = /^[\w$-]+$/

/** `data` and `sku` make `data.sku`; a name that would be misread is quoted: `data["a b"]`. */
export function member(path: string, name: string): string {
  if (!plainName.test(name)) return `${path}[${JSON.stringify(name)}]`
  return path === '' ? name : `${path}.${name}`
}

export const element = (path: string, index: number): string => `${path}[${index}]`
