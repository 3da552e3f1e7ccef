"""The demo: a local web page, in Gradio, that stylizes photos and videos."""

import dataclasses
import os
from collections.abc import Iterable

from animegan_tf.demo.service import (
    FACES,
    FORMATS,
    FaceChoice,
    Limits,
    StyleChoice,
    StylizingService,
)
from animegan_tf.inference.dials import AUTO, COLORS
from animegan_tf.inference.video.options import SOURCE_SUFFIXES
from animegan_tf.presets import DEFAULT_STYLE, list_styles

_NO_BLEND, _SAME_STYLE, _PALETTE = "no blend", "that of the photo", "palette of image"
_SCALES = (AUTO, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
_VIDEO_SIDES = (360, 480, 640, 720, 960, 1280, 1920)
_DEFAULT_VIDEO_SIDE = 640
_ERRORS = (ValueError, OSError, ImportError, MemoryError)
# Seconds between deletions of uploads and results, and their age at deletion.
_DELETE_CACHE = (600, 3600)
# The page of Gradio refers to fonts and scripts elsewhere. It does not need them.
_CONTENT_POLICY = (
    b"default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; object-src 'none'"
)


def launch_app(
    runs: Iterable = (),
    *,
    host: str | None = None,
    port: int | None = None,
    limits: Limits | None = None,
    engine: str = AUTO,
):
    """Serve the demo; nothing is loaded from, or sent to, another computer.

    Args:
        runs: See `StylizingService`.
        host: Address to listen at, such as "0.0.0.0" for all; `None` is the variable
            `GRADIO_SERVER_NAME` of the environment, else this computer alone.
        port: Port to listen at; `None` is the variable `GRADIO_SERVER_PORT` of the
            environment, else the first free one from 7860.
        limits: See `StylizingService`.
        engine: See `StylizingService`.

    Returns:
        The running `gradio.Blocks`: `local_url` is the address of the page,
        `block_thread()` waits until an interrupt, and `close()` stops the server.

    Raises:
        FileNotFoundError: If there is no such run, or it has no generator yet.
        ModuleNotFoundError: If Gradio is not installed.
        OSError: If the port is in use.
        ValueError: If a run cannot be read.
    """
    gr = _import_gradio()
    service = StylizingService(runs, limits=limits, engine=engine)
    app = build_app(service)
    app.queue(max_size=service.limits.max_waiting)
    # System fonts: the default theme loads its font from a server.
    theme = gr.themes.Default(
        font=("system-ui", "sans-serif"), font_mono=("ui-monospace", "monospace")
    )
    app.launch(
        theme=theme,
        server_name=host,
        server_port=port,
        share=False,
        ssr_mode=False,
        inbrowser=False,
        footer_links=[],
        max_file_size=f"{service.limits.max_megabytes:g}mb",
        app_kwargs={"middleware": [_content_policy_middleware()]},
        prevent_thread_lock=True,
        quiet=True,
    )
    return app


def build_app(service: StylizingService):
    """Build the page.

    Args:
        service: Stylizes the uploaded files.

    Returns:
        A `gradio.Blocks`.

    Raises:
        ModuleNotFoundError: If Gradio is not installed.
    """
    gr = _import_gradio()
    with gr.Blocks(
        title="animegan_tf", analytics_enabled=False, delete_cache=_DELETE_CACHE
    ) as app:
        gr.Markdown("# animegan_tf\nStylize photos and videos on this computer.")
        with gr.Row():
            with gr.Column(scale=2, min_width=300):
                controls = _StyleControls.build(gr, service)
            with gr.Column(scale=3, min_width=300):
                with gr.Tab("Photos"):
                    _build_photos(gr, service, controls)
                with gr.Tab("Video"):
                    _build_video(gr, service, controls)
    return app


@dataclasses.dataclass(frozen=True)
class _StyleControls:
    """The inputs that photos and videos share, named as in `StyleChoice`."""

    style: object
    second: object
    share: object
    strength: object
    color: object
    palette: object
    detail: object
    scale: object
    mask: object

    @classmethod
    def build(cls, gr, service):
        style = gr.Dropdown(
            list(service.styles), value=DEFAULT_STYLE, label="Style", elem_id="style"
        )
        second = gr.Dropdown(
            [_NO_BLEND, *list_styles()], value=_NO_BLEND, label="Blend with"
        )
        share = gr.Slider(0, 1, 0.5, step=0.05, label="Share of the second style")
        strength = gr.Slider(0, 1, 1, step=0.05, label="Strength")
        with gr.Accordion("Color, detail, scale and mask", open=False):
            color = gr.Dropdown([*COLORS, _PALETTE], value="style", label="Colors")
            palette = gr.Image(
                type="filepath", sources=["upload"], label="Image of the palette"
            )
            detail = gr.Slider(0, 1, 0, step=0.05, label="Detail of the photo")
            scale = gr.Dropdown(
                [(str(value), value) for value in _SCALES],
                value=AUTO,
                label="Scale",
                info="below 1, strokes are coarser; above 1, finer",
            )
            mask = gr.Image(
                type="filepath",
                sources=["upload"],
                label="Mask: white is stylized, black is not",
            )
        return cls(style, second, share, strength, color, palette, detail, scale, mask)

    def inputs(self) -> set:
        return set(vars(self).values())

    def read(self, values: dict) -> StyleChoice:
        chosen = {name: values[component] for name, component in vars(self).items()}
        palette = chosen.pop("palette")
        if chosen["color"] == _PALETTE:
            if palette is None:
                raise ValueError("Add the image of the palette first.")
            chosen["color"] = palette
        if chosen["second"] == _NO_BLEND:
            chosen["second"] = None
        return StyleChoice(**chosen)


def _build_photos(gr, service, controls) -> None:
    limits = service.limits
    photos = gr.File(
        file_count="multiple",
        file_types=["image"],
        label="Photos",
        elem_id="photos",
    )
    gr.Markdown(
        f"At most {limits.max_photos} photos, of {limits.max_megapixels:g} megapixels "
        f"and {limits.max_megabytes:g} MB each."
    )
    with gr.Accordion("Faces", open=False):
        faces = gr.Radio(
            FACES,
            value="off",
            label="Stylize faces",
            info="separately: each at its own size; only: the rest stays as it is",
        )
        face_style = gr.Dropdown(
            [_SAME_STYLE, *service.styles], value=_SAME_STYLE, label="Style of faces"
        )
        face_size = gr.Slider(64, 1024, 512, step=64, label="Size of faces in pixels")
        eyes = gr.Slider(0, 1, 0, step=0.05, label="Enlarge the eyes")
    format = gr.Radio(FORMATS, value="png", label="File format")
    button = gr.Button("Stylize", variant="primary", elem_id="stylize-photos")
    gallery = gr.Gallery(
        label="Results",
        columns=2,
        object_fit="contain",
        # Without the button that publishes the image on a hub.
        buttons=["download", "fullscreen"],
        elem_id="results",
    )
    files = gr.File(label="Files", file_count="multiple", interactive=False)

    # Gradio finds it by its place as a default.
    tracker = gr.Progress()

    def stylize(values, progress=tracker):
        try:
            face_choice = FaceChoice(
                mode=values[faces],
                style=None if values[face_style] == _SAME_STYLE else values[face_style],
                size=values[face_size],
                eyes=values[eyes],
            )
            written, failures = service.stylize_photos(
                values[photos] or [],
                controls.read(values),
                face_choice,
                format=values[format],
                progress=lambda done, total: progress((done, total), unit="photos"),
            )
        except _ERRORS as error:
            raise _page_error(gr, error) from error
        for failure in failures:
            gr.Warning(failure)
        paths = [str(path) for path in written]
        # A selected image is shown whole; in the grid, one alone would be cropped.
        return gr.Gallery(paths, selected_index=0), paths

    button.click(
        stylize,
        controls.inputs() | {photos, faces, face_style, face_size, eyes, format},
        [gallery, files],
        # The networks use all processor cores: requests are computed one by one.
        concurrency_limit=1,
        concurrency_id="stylize",
        api_visibility="undocumented",
    )


def _build_video(gr, service, controls) -> None:
    limits = service.limits
    sides = [side for side in _VIDEO_SIDES if side <= limits.max_side]
    sides = sides or [limits.max_side]
    video = gr.File(
        file_types=list(SOURCE_SUFFIXES),
        label="Video",
        elem_id="video",
    )
    gr.Markdown(
        f"At most {limits.max_seconds:g} seconds and {limits.max_megabytes:g} MB; of a "
        "longer video, choose a part."
    )
    with gr.Row():
        start = gr.Textbox(label="Start", placeholder="seconds or hh:mm:ss")
        end = gr.Textbox(label="End", placeholder="seconds or hh:mm:ss")
    max_side = gr.Dropdown(
        sides,
        value=max(s for s in sides if s <= max(_DEFAULT_VIDEO_SIDE, sides[0])),
        label="Longer side in pixels, at most",
    )
    smooth = gr.Slider(0, 1, 0, step=0.05, label="Reduce flicker")
    audio = gr.Checkbox(True, label="Keep the audio")
    button = gr.Button("Stylize", variant="primary", elem_id="stylize-video")
    result = gr.Video(label="Result", interactive=False, buttons=["download"])

    def stylize(values):
        try:
            path = service.stylize_video(
                values[video],
                controls.read(values),
                start=values[start] or "",
                end=values[end] or "",
                max_side=values[max_side],
                smooth=values[smooth],
                audio=values[audio],
            )
        except _ERRORS as error:
            raise _page_error(gr, error) from error
        return str(path)

    button.click(
        stylize,
        controls.inputs() | {video, start, end, max_side, smooth, audio},
        result,
        concurrency_limit=1,
        concurrency_id="stylize",
        api_visibility="undocumented",
    )


def _page_error(gr, error):
    """Convert an error to a message on the page."""
    text = " ".join(str(error).split()) or type(error).__name__
    return gr.Error(text, duration=None, print_exception=False)


def _content_policy_middleware():
    """Build middleware that forbids the page to load anything from elsewhere."""
    from starlette.middleware import Middleware

    header = (b"content-security-policy", _CONTENT_POLICY)

    class ContentPolicy:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            async def send_with_header(message):
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], header]
                await send(message)

            await self.app(scope, receive, send_with_header)

    return Middleware(ContentPolicy)


def _import_gradio():
    # Read when Gradio is imported; it would report its use, and look for updates.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        import gradio
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f'The demo needs `pip install "animegan_tf[demo]"`. Received: {error}'
        ) from error
    return gradio
