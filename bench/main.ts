import { randomBytes } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { readArguments } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import { ALL_CONTENDERS } from './contenders/all.ts';
import { controlPlane } from './control-plane.ts';
import { planOf } from './plan.ts';
import { report } from './report/report.ts';
import { runPlan } from './run.ts';
import { connect } from './site/api-server.ts';
import { surroundingsOf } from './site/surroundings.ts';
import type { Settings } from './site/site.ts';
import { allWorkloads } from './workloads/all.ts';

await main().catch((error: unknown) => {
  if (!(error instanceof CommanderError)) process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof CommanderError ? error.exitCode : 1;
});

async function main(): Promise<void> {
  const wanted = readArguments(process.argv.slice(2));
  const plan = planOf({ ...wanted, workloads: wanted.workload }, ALL_CONTENDERS, allWorkloads(wanted.sizes));
  const plane = await controlPlane(wanted);
  const api = await connect(plane.kubeconfig, wanted.concurrency);
  try {
    const scratch = await mkdtemp(join(tmpdir(), 'janus-bench-'));
    process.stderr.write(`manifests and logs are in ${scratch}\n`);
    const surroundings = await surroundingsOf(api, plane.etcd);
    const site = {
      api,
      id: randomBytes(2).toString('hex'),
      kubeconfig: plane.kubeconfig,
      kubectl: plane.kubectl,
      scratch,
      settings: settingsOf(wanted),
    };
    const measurements = await runPlan(site, plan);
    process.stdout.write(report({ surroundings, measurements }));
    if (wanted.json !== undefined) await writeFile(wanted.json, `${JSON.stringify({ surroundings, measurements }, null, 2)}\n`);
  } finally {
    await api.close();
    await plane.stop();
  }
}

function settingsOf(wanted: Arguments): Settings {
  const { concurrency, withHelm, originalBinary: binary, originalCrds: crds } = wanted;
  const original = binary === undefined || crds === undefined ? {} : { original: { binary, crds } };
  return { concurrency, withHelm, janus: wanted.janus.split(' ').filter((part) => part !== ''), ...original };
}
