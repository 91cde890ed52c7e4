/** Not built yet. */
export default function PicturesPage() {
  return (
    <section class="page">
      <h1>Pictures</h1>
    </section>
  );
}
