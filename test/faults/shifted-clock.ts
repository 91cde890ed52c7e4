// Loaded with --import into a server or a worker: its clock is wrong by MILLRACE_CLOCK_MS, and jumps by MILLRACE_JUMP_MS and back as it is asked.

const [shift, jump] = [process.env.MILLRACE_CLOCK_MS, process.env.MILLRACE_JUMP_MS].map((ms) => Number(ms ?? 0));
const RealDate = Date;
let asked = 0;

function now(): number {
  return RealDate.now() + shift! + jump! * (asked++ % 3);
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, self) => Reflect.construct(target, given.length === 0 ? [now()] : given, self),
  apply: () => new RealDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
