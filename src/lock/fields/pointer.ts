/** A JSON Pointer (RFC 6901) from its unescaped tokens. */
export function pointerTo(tokens: readonly (string | number)[]): string {
  return tokens.map((token) => pointerStep(token)).join('');
}

/** One token of a JSON Pointer, escaped and with its slash. */
export function pointerStep(token: string | number): string {
  return typeof token === 'number' ? `/${token}` : `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
