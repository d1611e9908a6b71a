import { keyringOf } from './keyring.ts'
import { open, type Place, seal } from './seal.ts'

/** Seals what other rooms must keep and nobody may read, such as access tokens. */
export interface Vault {
  seal(place: Place, text: string): Promise<string>
  /** `null` for what was not sealed in this place. */
  open(place: Place, sealed: string): Promise<string | null>
}

export const vaultOf = (masterKey: string, random: (bytes: number) => Uint8Array): Vault => ({
  seal: async (place, text) => seal(await keyringOf(masterKey), place, text, random),
  open: async (place, sealed) => open(await keyringOf(masterKey), place, sealed),
})
