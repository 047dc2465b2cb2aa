import { OPERATOR_DEFAULTS } from '../../operator/options.ts';
import { withCluster } from '../cluster.ts';
import { exitCode } from '../exit-codes.ts';
import { DATA_FORMATS, rendered } from '../formats.ts';
import type { GlobalFlags } from '../flags/global.ts';
import type { OutputFlags } from '../flags/shared.ts';
import { asTyped } from '../invoked-as.ts';
import { requireNamespace } from '../names.ts';
import { colour, outputWidth, print } from '../output.ts';
import { printable } from '../terminal/printable.ts';
import { wrap } from '../terminal/width.ts';
import { requireOneOf } from '../values.ts';
import { bundleFindings, servedFindings } from './certificates.ts';
import { apiServer, definitions } from './definitions.ts';
import type { Finding } from './finding.ts';
import { leadership } from './leader.ts';
import { look, type Patient } from './look.ts';
import { rightsOfJanus, yourRights } from './rights.ts';
import { needing } from './transactions.ts';
import { configurationFindings, configurationsOf, enforcement } from './webhooks.ts';

/** The flags as typed. */
export interface DoctorFlags extends GlobalFlags, OutputFlags {
  readonly systemNamespace?: string;
}

/** Prints what is well with an installation and what is not; ends with 1 where something fails. */
export async function doctor(flags: DoctorFlags): Promise<void> {
  const format = requireOneOf('-o', flags.output ?? 'table', DATA_FORMATS);
  const { systemNamespace = OPERATOR_DEFAULTS.systemNamespace } = flags;
  requireNamespace(systemNamespace, '--system-namespace');
  await withCluster(flags, async (cluster) => {
    const findings = await examine({ cluster, systemNamespace, now: Date.now() });
    const width = outputWidth();
    print(
      rendered(format, {
        data: () => findings,
        names: () => [],
        table: () => asTyped(findings.map((one) => lines(one, width)).join('\n')),
      }),
    );
    if (findings.some(({ result }) => result === 'fail')) process.exitCode = exitCode('error');
  });
}

/** Every look, in the order in which one thing needs another. A server that does not answer ends it at once. */
async function examine(patient: Patient): Promise<readonly Finding[]> {
  const server = await apiServer(patient);
  const looks = await Promise.all([
    look('definitions', () => definitions(patient)),
    look('webhooks', () => webhooks(patient)),
    look('locks', () => enforcement(patient)),
    look('leader', () => leadership(patient)),
    look('rights of Janus', () => rightsOfJanus(patient)),
    look('your rights', () => yourRights(patient)),
    look('transactions', () => needing(patient)),
  ]);
  return [...server, ...looks.flat()];
}

async function webhooks(patient: Patient): Promise<readonly Finding[]> {
  const found = await configurationsOf(patient);
  const { mutating, validating } = found;
  return [
    ...configurationFindings(found, patient.systemNamespace),
    ...bundleFindings([validating, mutating], patient.now),
    ...(await servedFindings(validating, patient.now)),
  ];
}

const PAINT = { ok: colour.green, warn: colour.yellow, fail: colour.red };
const MARGIN = 6;

function lines({ check, next, result, words }: Finding, width: number): string {
  const text = (what: string): readonly string[] =>
    wrap(printable(what), Math.max(20, width - MARGIN)).map((line) => ' '.repeat(MARGIN) + line);
  const [first = '', ...rest] = text(`${check}: ${words}`);
  return [PAINT[result](result.padEnd(MARGIN)) + first.slice(MARGIN), ...rest, ...(next === undefined ? [] : text(`→ ${next}`))].join('\n');
}
