import pc from 'picocolors';
import { migration, scenery } from './scenery.ts';
import { chapter, tell, type Shell } from './shell.ts';

/** Plays the story on a control plane where Janus runs. @throws Error when anything goes otherwise than it tells */
export async function play(shell: Shell): Promise<void> {
  await shell.quiet('kubectl apply -f -', scenery());
  await shell.quiet('kubectl wait --for=condition=Established crd/migrations.example.com');
  await shell.quiet('kubectl apply -f -', migration());
  await shell.quiet(`kubectl -n shop patch migration to-db-2 --subresource status --type merge -p '${reported('False', 1)}'`);
  await heldOpen(shell);
  await forbidden(shell);
  await failingMidway(shell);
  await requestedRollback(shell);
}

async function heldOpen(shell: Shell): Promise<void> {
  chapter(1, 'One change in two namespaces, and nobody else writes meanwhile');
  tell('The database moves: three ConfigMaps in two namespaces and a Migration, as one transaction.');
  await shell.must('janus create move-db --sa deployer -n shop --health-timeout 2m');
  await shell.must('janus add move-db --type Patch --target ConfigMap/settings -n shop -f -', 'data: {host: db-2}\n');
  await shell.must(
    'janus add move-db --type Patch --target ConfigMap/settings --target-ns billing --name move-db-billing -n shop -f -',
    'data: {host: db-2}\n',
  );
  await shell.must('janus add move-db --type Patch --target Migration/to-db-2 -n shop -f -', 'spec: {run: true}\n');
  await shell.must('janus add move-db --type Patch --target ConfigMap/features --order 1 -n shop -f -', 'data: {orders: enabled}\n');
  await shell.must('janus seal move-db -n shop');
  await shell.quiet('kubectl wait --for=jsonpath={.status.phase}=Committing transaction/move-db -n shop --timeout=60s');
  await shell.quiet('kubectl wait --for=jsonpath={.data.host}=db-2 configmap/settings -n billing --timeout=60s');
  tell('It waits until the migration is ready, before the next order. Another writer comes along, a cluster-admin even:');
  const refused = await shell.show(
    `kubectl --as dana --as-group system:masters -n billing patch configmap settings --type merge -p '{"data":{"host":"db-1"}}'`,
  );
  expectThat(refused.code !== 0 && refused.err.includes('move-db'), 'the write was to be refused');
  tell('Fields that the transaction does not touch are free:');
  await shell.must(
    `kubectl --as dana --as-group system:masters -n billing patch configmap settings --type merge -p '{"data":{"currency":"EUR"}}'`,
  );
  tell('The migration reports that it is done, and the transaction goes on:');
  await shell.must(`kubectl -n shop patch migration to-db-2 --subresource status --type merge -p '${reported('True', 2)}'`);
  await shell.must('kubectl wait --for=condition=Ready transaction/move-db -n shop --timeout=60s');
  await shell.must('kubectl get transactions -n shop -o wide');
  tell('The lock is off:');
  await shell.must(
    `kubectl --as dana --as-group system:masters -n billing patch configmap settings --type merge -p '{"data":{"currency":"CHF"}}'`,
  );
}

async function forbidden(shell: Shell): Promise<void> {
  chapter(2, 'A transaction whose last change is forbidden touches nothing');
  const before = await stateOf(shell);
  await shell.must('janus create too-much --sa deployer -n shop');
  await shell.must('janus add too-much --type Patch --target ConfigMap/settings -n shop -f -', 'data: {host: db-3}\n');
  await shell.must('janus add too-much --type Delete --target ConfigMap/features -n shop');
  await shell.must(
    'janus add too-much --type Create --target ConfigMap/mine --target-ns kube-system --order 9 -n shop -f -',
    'apiVersion: v1\nkind: ConfigMap\ndata: {all: mine}\n',
  );
  await shell.must('janus seal too-much -n shop');
  await shell.must('kubectl wait --for=jsonpath={.status.phase}=RolledBack transaction/too-much -n shop --timeout=60s');
  await shell.must(`kubectl get transaction too-much -n shop -o 'jsonpath={.status.conditions[?(@.type=="Ready")].message}'`);
  process.stdout.write('\n');
  compare(before, await stateOf(shell), true);
}

async function failingMidway(shell: Shell): Promise<void> {
  chapter(3, 'A transaction that fails halfway is undone, field ownership included');
  tell('Two Services want one port. Each passes its dry run; the second one fails when it is really made.');
  const before = await stateOf(shell);
  await shell.must('janus create two-doors --sa deployer -n shop');
  await shell.must('janus add two-doors --type Patch --target ConfigMap/settings -n shop -f -', 'data: {host: db-4, added: by-janus}\n');
  await shell.must('janus add two-doors --type Create --target Service/front --order 1 -n shop -f -', SERVICE);
  await shell.must('janus add two-doors --type Create --target Service/back --order 2 -n shop -f -', SERVICE);
  await shell.must('janus seal two-doors -n shop');
  await shell.must('kubectl wait --for=jsonpath={.status.phase}=RolledBack transaction/two-doors -n shop --timeout=60s');
  // Events are gathered for a second before they are written.
  await shell.until('kubectl events --for transaction/two-doors -n shop', 'RolledBack');
  await shell.must('kubectl events --for transaction/two-doors -n shop');
  compare(before, await stateOf(shell), false);
}

async function requestedRollback(shell: Shell): Promise<void> {
  chapter(4, 'What was committed can be taken back, exactly');
  await shell.must('kubectl annotate transaction move-db -n shop tx.janus.io/request-rollback=true');
  await shell.must('kubectl wait --for=jsonpath={.status.phase}=RolledBack transaction/move-db -n shop --timeout=60s');
  await shell.must('kubectl get configmap settings -n billing -o yaml --show-managed-fields');
  tell(`host is back at db-1 and owned by whom it was; ${pc.bold('currency')}, written by dana meanwhile, stays.`);
}

/** Everything there is to compare, ownership and resourceVersion included. */
async function stateOf(shell: Shell): Promise<string> {
  return shell.quiet('kubectl get configmaps,services -n shop -o yaml --show-managed-fields');
}

function compare(before: string, after: string, exactly: boolean): void {
  const strip = (text: string): string => (exactly ? text : text.replace(/^ *resourceVersion: .*$/gm, ''));
  expectThat(strip(before) === strip(after), 'everything was to be as before');
  tell(
    pc.green(`✓ every object of the namespace is as before, managedFields included${exactly ? ': not even a resourceVersion moved' : ''}`),
  );
}

function expectThat(holds: boolean, words: string): void {
  if (!holds) throw new Error(`the demo found something else than it tells: ${words}`);
}

/** What the controller of migrations would report. */
function reported(ready: 'True' | 'False', observedGeneration: number): string {
  return JSON.stringify({
    status: { observedGeneration, conditions: [{ type: 'Ready', status: ready, reason: ready === 'True' ? 'Moved' : 'NotStarted' }] },
  });
}

const SERVICE = `apiVersion: v1
kind: Service
spec:
  type: NodePort
  ports: [{port: 80, nodePort: 30080}]
`;
