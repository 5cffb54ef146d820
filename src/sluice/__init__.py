"""Sluice: a portal that speaks the Bitrix24 REST protocol and deals out tasks through flows."""

__version__ = "0.1.0"
