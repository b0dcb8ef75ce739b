"""The networks that ``transfer:NAME`` builds on, without their tops.

| name | weights | pictures go in | from |
|---|---|---|---|
| ``squeezenet`` | 0.7 M | BGR less means | SqueezeNet 1.1, ``squeezenet.py`` |
| ``squeezenet-bn`` | 0.7 M | luma less means | the same with batch normalisation, for small faces |
| ``face-resnet`` | 5.6 M | luma, enlarged | dlib's face network, ``faceresnet.py`` |
| ``face-resnet-small`` | 3.2 M | luma, enlarged | the same without its last two blocks |
| ``mobilenetv3`` | 3.0 M | 0 to 255 | MobileNetV3Large (Small: 1 M, and 68 for 76 % on ImageNet) |
| ``efficientnetv2`` | 5.9 M | mean 0, deviation 1 | EfficientNetV2B0 |
| ``vgg16`` | 14.7 M | BGR less means | VGG16 |
| ``resnet50`` | 23.6 M | BGR less means | ResNet50 |
| ``convnext`` | 27.8 M | mean 0, deviation 1 | ConvNeXtTiny, ``convnext.py`` |

Those below are those of ``keras.applications``, whose weight files fit. Pictures are made
what a network wants by layers of ours: the ``Normalization`` in Keras' own cannot be written as
ONNX. To add one: a line below and one in ``BACKBONES`` of ``learn/models.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras

from cinemotion.learn.architectures.convnext import convnext, with_depthwise
from cinemotion.learn.architectures.faceresnet import (
    face_resnet,
    face_resnet_small,
    load_faces,
)
from cinemotion.learn.architectures.squeezenet import Shape, normalised, squeezenet


@dataclass(frozen=True, slots=True)
class Backbone:
    """A network without its top.

    Attributes:
        build: Makes it for pictures of a shape, with the weights ``imagenet``, which Keras
            downloads and checks, or with random ones, ``None``.
        takes: What pictures it was trained on: RGB as they are, ``levels``; of mean 0 and
            deviation 1, ``standard``; or BGR less means, ``caffe``. ``caffe, grey``: the same of
            pictures without their colours. ``faces``: one channel, luma as ``faceresnet.py`` says.
        finish: What is done to it when it has its weights.
        load: Gives it the weights of a file.
    """

    build: Callable[[Shape, str | None], keras.Model]
    takes: Literal["levels", "standard", "caffe", "caffe, grey", "faces"]
    finish: Callable[[keras.Model], keras.Model] = lambda model: model
    load: Callable[[keras.Model, Path], None] = lambda model, path: model.load_weights(path)


def _of_keras(make: Callable[..., Any], **options: Any) -> Callable[..., keras.Model]:
    def build(shape: Shape, weights: str | None) -> keras.Model:
        return make(include_top=False, weights=weights, input_shape=shape, **options)

    return build


SQUEEZENET = Backbone(squeezenet, "caffe")
SQUEEZENET_BN = Backbone(squeezenet, "caffe, grey", finish=normalised)
FACE_RESNET = Backbone(face_resnet, "faces", load=load_faces)
FACE_RESNET_SMALL = Backbone(face_resnet_small, "faces", load=load_faces)
VGG16 = Backbone(_of_keras(keras.applications.VGG16), "caffe")
RESNET50 = Backbone(_of_keras(keras.applications.ResNet50), "caffe")
MOBILENETV3 = Backbone(_of_keras(keras.applications.MobileNetV3Large), "levels")
EFFICIENTNETV2 = Backbone(
    _of_keras(keras.applications.EfficientNetV2B0, include_preprocessing=False), "standard"
)
CONVNEXT = Backbone(convnext, "standard", finish=with_depthwise)
