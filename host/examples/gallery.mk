# The gallery: examples that run by the command line alone, each by its NAME/example.sh.
GALLERY := memory feedback ball frames weather cells intent spoken caption generation deep translation names category stocks

# What the full form needs and the tests do not.
GALLERY_PACKAGES := gtkwave python3-vega-datasets iso-codes

.PHONY: gallery gallery-devices example
## gallery: train every example of the gallery, run it on each device, write build/gallery/table.md
gallery: deps
	$(call install_missing,$(GALLERY_PACKAGES))
	+$(MAKE) --no-print-directory build
	host/examples/gallery.sh $(O) --devices $(GALLERY)

## gallery-devices: the quick form of each on usb: and xrt: as well, with the bits of cpu:
gallery-devices: deps
	+$(MAKE) --no-print-directory build
	host/examples/gallery.sh $(O) --quick --devices $(GALLERY)

## example: one of them: NAME=ball; DEVICES=1 on usb: and xrt: as well
example: deps
	@[ '$(filter $(NAME),$(GALLERY))' ] || { echo "no example '$(NAME)'; say which: make example NAME=... ($(GALLERY))" >&2; exit 2; }
	$(call install_missing,$(GALLERY_PACKAGES))
	+$(MAKE) --no-print-directory build
	host/examples/gallery.sh $(O) $(if $(DEVICES),--devices) $(NAME)
