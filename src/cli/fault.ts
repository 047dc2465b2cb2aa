/** A request that cannot be carried out as it was made. The message is one or more plain sentences: what is wrong, and what to do next. */
export class Fault extends Error {
  override readonly name = 'Fault';
}
