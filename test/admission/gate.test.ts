import { describe, expect, test } from 'vitest';
import { Gate } from '../../src/admission/gate.ts';

describe('a gate', () => {
  test('lets through at once while it is open', async () => {
    const gate = new Gate();
    gate.open();
    await gate.passed();
    expect(gate.isOpen).toBe(true);
  });

  test('holds everybody until it is opened', async () => {
    const gate = new Gate();
    let passed = 0;
    const waiting = [gate.passed(), gate.passed()].map((one) => one.then(() => (passed += 1)));
    await Promise.resolve();
    expect(passed).toBe(0);
    gate.open();
    await Promise.all(waiting);
    expect(passed).toBe(2);
  });

  test('holds those again who have not got through when it is shut', async () => {
    const gate = new Gate();
    let passed = false;
    const waiting = gate.passed().then(() => (passed = true));
    gate.open();
    gate.shut();
    await new Promise((resolve) => setImmediate(resolve));
    expect(passed).toBe(false);
    gate.open();
    await waiting;
  });

  test('lets nobody wait whose signal aborts, before or meanwhile', async () => {
    const gate = new Gate();
    const reason = new Error('enough');
    await expect(gate.passed(AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const waiting = gate.passed(controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});
