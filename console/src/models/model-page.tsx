/** Not built yet. */
export default function ModelPage() {
  return (
    <section class="page">
      <h1>Model</h1>
    </section>
  );
}
