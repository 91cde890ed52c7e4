import { useUser } from '../app/user.ts';

/** Not built yet. */
export default function Models() {
  const { name } = useUser();
  return (
    <section class="page">
      <h1>Models</h1>
      <p class="muted">{name}</p>
    </section>
  );
}
