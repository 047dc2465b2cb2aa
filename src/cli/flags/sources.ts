import type { Command } from 'commander';

/** Where manifests are, as typed. */
export interface SourceFlags {
  /** Each a file, a directory, a URL, or `-` for stdin. */
  readonly filename?: readonly string[];
  readonly kustomize?: string;
  readonly recursive?: boolean;
}

/** `-f`, `-k` and `-R`, of commands that read manifests. */
export function addSourceFlags(command: Command): Command {
  return command
    .option(
      '-f, --filename <FILE|DIR|URL|->',
      'manifests as YAML or JSON: a file, the .yaml, .yml and .json files of a directory, a URL (30 s, 10 MiB), or - for stdin; may be given several times',
      (place: string, before: readonly string[] | undefined) => [...(before ?? []), place],
    )
    .option('-k, --kustomize <DIR>', 'a kustomization, built by "kubectl kustomize" or "kustomize build"')
    .option('-R, --recursive', 'read the directories in the directories of -f too');
}
