# The gallery: examples that run by the command line alone, each by its NAME/example.sh; and those that have no quick form,
# because their data is not on each machine.
GALLERY := memory feedback ball frames weather intent generation deep translation
GALLERY_FULL := $(GALLERY) category stocks

# What the full form needs and the tests do not.
GALLERY_PACKAGES := gtkwave python3-vega-datasets

.PHONY: gallery example
## gallery: train and run every example of the gallery, write build/gallery/table.md
gallery: deps
	$(call install_missing,$(GALLERY_PACKAGES))
	+$(MAKE) --no-print-directory build
	host/examples/gallery.sh $(O) $(GALLERY_FULL)

## example: one of them: NAME=ball
example: deps
	@[ '$(NAME)' ] || { echo 'say which: make example NAME=... ($(GALLERY_FULL))'; exit 2; }
	$(call install_missing,$(GALLERY_PACKAGES))
	+$(MAKE) --no-print-directory build
	host/examples/gallery.sh $(O) $(NAME)
