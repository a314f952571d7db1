// QR codes from the camera or from a photo. The decoder is ours to serve: never from another house.

const VENDOR = new URL("../vendor/barcode-detector-3.2.2/", import.meta.url);
const PAUSE = 120; // milliseconds between two looks
const LONGEST_EDGE = 1600; // pixels: a photo of twelve million is no easier to read

let loading = null;

/** The decoder, fetched once. */
function decoder() {
  loading ??= import(new URL("ponyfill.js", VENDOR)).then(({ BarcodeDetector, prepareZXingModule }) => {
    prepareZXingModule({ overrides: { locateFile: (file) => new URL(file, VENDOR).href } });
    return new BarcodeDetector({ formats: ["qr_code"] });
  });
  loading.catch(() => { loading = null; });
  return loading;
}

/** Fetch the decoder now, so that the first scan need not wait for it. */
export function prepare() {
  decoder().catch(() => {});
}

/** Of several codes in view the one that a screen shows at the door; null without any. */
function chosen(found) {
  const texts = found.map((code) => code.rawValue);
  return texts.find((text) => text.startsWith("LZ1:")) ?? texts[0] ?? null;
}

/** The text of the QR code on this photo, null without one. Rejects for a file that is no picture. */
export async function readPhoto(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_EDGE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return chosen(await (await decoder()).detect(canvas));
}

/** Look through the camera until a QR code is seen. → its text, null when `stop` was called. Rejects without a camera. */
export function watch(video) {
  let stopped = false;
  const look = async () => {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
    });
    try {
      video.srcObject = stream;
      await video.play();
      const reader = await decoder();
      while (!stopped) {
        const text = video.readyState > 1 ? chosen(await reader.detect(video)) : null;
        if (text !== null && !stopped) return text;
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
      return null;
    } finally {
      for (const track of stream.getTracks()) track.stop();
      video.srcObject = null;
    }
  };
  return { text: look(), stop: () => { stopped = true; } };
}
