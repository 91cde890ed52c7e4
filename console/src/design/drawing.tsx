import './drawing.css';
import { useEffect, useState } from 'preact/hooks';

/** An SVG of the server as an image: nothing in it can run. */
export function Drawing({ title, svg }: { readonly title: string; readonly svg: string }) {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [svg]);
  return address === null ? null : <img class="drawing" src={address} alt={title} />;
}
