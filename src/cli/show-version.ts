import { OWN_VERSION } from '../operator/own-version.ts';
import type { VersionFlags } from './all-versions.ts';
import { print } from './output.ts';

/** Prints versions. That of this command alone takes nothing but this file: it is there at once. */
export async function showVersion(flags: VersionFlags): Promise<void> {
  if (flags.client === true && flags.output === undefined) {
    print(OWN_VERSION);
    return;
  }
  const { showVersions } = await import('./all-versions.ts');
  await showVersions(flags);
}
