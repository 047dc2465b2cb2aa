import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Component } from './component.ts';

const READY_WITHIN_MS = 180_000;
// A start is short, so it is worth looking often.
const LOOK_EVERY_MS = 15;

/** Waits until the condition holds. Throws with the component's last words when it ends instead, or is not ready within three minutes. */
export async function untilReady(component: Component, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!(await holds())) {
    if (component.pid() === undefined)
      throw new Error(`${component.name} ended instead of becoming ready:\n${await component.lastWords()}`);
    if (performance.now() > deadline) {
      throw new Error(`${component.name} was not ready within ${READY_WITHIN_MS / 1000} s:\n${await component.lastWords()}`);
    }
    await delay(LOOK_EVERY_MS);
  }
}

/** Whether something accepts connections on a port of 127.0.0.1. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
