import { stringify } from 'yaml';
import { requireOneOf } from './values.ts';

/** What `-o` takes, the same for every command that has it. */
export const OUTPUT_FORMATS = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** What `-o` takes where there are no objects to name. */
export const DATA_FORMATS = ['table', 'json', 'yaml'] as const;

/** The same data in each format; only what is asked for is made. */
export interface Renderings {
  readonly data: () => unknown;
  /** `kind.group/name`, as kubectl takes it. */
  readonly names: () => readonly string[];
  readonly table: (wide: boolean) => string;
}

/** @throws UsageFault unless it is a format. */
export function requireFormat(output: string | undefined): OutputFormat {
  return requireOneOf('-o', output ?? 'table', OUTPUT_FORMATS);
}

/** The text of a format; '' where there is nothing to print. */
export function rendered(format: OutputFormat, { data, names, table }: Renderings): string {
  switch (format) {
    case 'json':
      return JSON.stringify(data(), undefined, 2);
    case 'yaml':
      // As kubectl writes it: YAML 1.1 readers take `no` for a boolean.
      return stringify(data(), { lineWidth: 0, version: '1.1', aliasDuplicateObjects: false }).trimEnd();
    case 'name':
      return names().join('\n');
    default:
      return table(format === 'wide');
  }
}
