/** `linux-amd64`, `darwin-arm64`: a platform in Go's words, as in the names of release files. */
export function goPlatform(platform: string = process.platform, arch: string = process.arch): string {
  return `${platform === 'win32' ? 'windows' : platform}-${arch === 'x64' ? 'amd64' : arch}`;
}
