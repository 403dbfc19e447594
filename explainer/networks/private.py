"""Modules of one's own around numbers that everybody shares.

A loaded network is read by all visitors at once and never changed: no hooks, no swapped
parameters, no graph tracing. Who needs any of these takes a copy of the modules, which costs
next to nothing, since the numbers stay where they are.
"""

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn


def private_copy(module: nn.Module, replaced: Mapping[Tensor, Tensor] | None = None) -> nn.Module:
    """New modules around the very same parameters and buffers, but for those in ``replaced`` (old → new)."""
    replaced = replaced or {}
    numbers = (*module.parameters(), *module.buffers())
    return copy.deepcopy(module, {id(number): replaced.get(number, number) for number in numbers})


def ghost_of(module: nn.Module) -> nn.Module:
    """New modules without numbers, on PyTorch's "meta" device: they work out shapes and nothing else."""
    numbers = (*module.parameters(), *module.buffers())
    return private_copy(module, {number: _without_numbers(number) for number in numbers})


def _without_numbers(number: Tensor) -> Tensor:
    ghost = torch.empty_like(number, device="meta")
    return nn.Parameter(ghost, number.requires_grad) if isinstance(number, nn.Parameter) else ghost
