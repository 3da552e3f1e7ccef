# The command line with its fast engine, OpenVINO, and without TensorFlow.
#
#   docker build -t animegan_tf .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" animegan_tf \
#       stylize photo.jpg -o anime.jpg

FROM python:3.12-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /opt/animegan_tf
RUN python -m venv --without-pip . \
    && pip --python bin/python install \
    "numpy>=1.26" "pillow>=11.0" "tqdm>=4.60" "onnx>=1.17" "openvino>=2025.0"
WORKDIR /opt/animegan_tf/lib/python3.12/site-packages
# What OpenVINO does not load to read ONNX graphs and run them on CPUs.
RUN find openvino/libs -name "libopenvino_*_frontend.so*" \
    ! -name "*_onnx_*" ! -name "*_ir_*" -delete \
    && rm -rf openvino/libs/libopenvino_intel_[gn]pu_plugin.so \
    openvino/libs/cache.json openvino/include onnx/backend/test
WORKDIR /source
COPY . .
# Without the requirements, of which TensorFlow is one.
RUN pip --python /opt/animegan_tf/bin/python install --no-deps .

FROM python:3.12-slim
LABEL org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.description="Stylize photos with small GANs, on CPUs"
COPY --from=build /opt/animegan_tf /opt/animegan_tf
ENV PATH="/opt/animegan_tf/bin:$PATH"
RUN useradd --create-home --uid 1000 animegan_tf
USER 1000
WORKDIR /work
ENTRYPOINT ["animegan-tf"]
CMD ["--help"]
