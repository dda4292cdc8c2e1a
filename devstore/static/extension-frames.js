/* Gives each extension's frame the height that its content asks for. */
addEventListener("message", (event) => {
  if (event.origin !== location.origin || typeof event.data?.extensionHeight !== "number") return;
  for (const frame of document.querySelectorAll("iframe.extension")) {
    if (frame.contentWindow === event.source) frame.style.height = `${event.data.extensionHeight}px`;
  }
});
