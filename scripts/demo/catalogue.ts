/** What the demonstration shop sells: a small hardware and household shop. */
export interface Line {
  category: string
  description: string
  /** Prefix of its SKUs. */
  prefix: string
  /** Name, sales price, and unit and decimals where they are not pieces. */
  products: [name: string, price: string, unit?: string, decimals?: number][]
}

export const LOCATIONS = {
  warehouse: { code: 'ALM', name: 'Almacén' },
  shop: { code: 'TIE', name: 'Tienda' },
  van: { code: 'FUR', name: 'Furgoneta de reparto' },
} as const

export const LINES: Line[] = [
  {
    category: 'Tornillería',
    description: 'Tornillos, tuercas y tacos',
    prefix: 'TOR',
    products: [
      ['Tornillo hexagonal M8 × 50', '0.35'],
      ['Tornillo para madera 4 × 40', '0.08'],
      ['Tirafondo 6 × 60', '0.22'],
      ['Tuerca hexagonal M8', '0.12'],
      ['Arandela plana M8', '0.05'],
      ['Taco de nailon 8 mm', '0.07'],
      ['Varilla roscada M10', '2.90', 'm', 2],
      ['Clavos de acero 30 mm', '5.40', 'kg', 3],
    ],
  },
  {
    category: 'Herramienta manual',
    description: 'Para el taller y la casa',
    prefix: 'HER',
    products: [
      ['Martillo de carpintero 500 g', '14.90'],
      ['Destornillador plano 6 mm', '4.25'],
      ['Juego de llaves Allen (9 piezas)', '11.50'],
      ['Alicates universales 180 mm', '9.80'],
      ['Llave inglesa 250 mm', '16.75'],
      ['Sierra de arco para metal', '12.40'],
      ['Flexómetro de 5 m', '6.95'],
      ['Nivel de burbuja 60 cm', '13.20'],
    ],
  },
  {
    category: 'Pintura',
    description: 'Pinturas, brochas y disolventes',
    prefix: 'PIN',
    products: [
      ['Pintura plástica blanca mate 4 l', '24.90'],
      ['Esmalte sintético rojo 750 ml', '15.60'],
      ['Barniz para madera incoloro 750 ml', '17.30'],
      ['Imprimación antioxidante gris 750 ml', '14.10'],
      ['Brocha plana n.º 21', '3.45'],
      ['Rodillo antigota 22 cm', '7.20'],
      ['Cinta de carrocero 36 mm', '2.15'],
      ['Disolvente universal 1 l', '5.95'],
    ],
  },
  {
    category: 'Electricidad',
    description: 'Cables, mecanismos y bombillas',
    prefix: 'ELE',
    products: [
      ['Cable unipolar 1,5 mm² azul', '0.48', 'm', 2],
      ['Cable manguera 3 × 2,5 mm²', '1.95', 'm', 2],
      ['Enchufe de superficie 16 A', '3.70'],
      ['Interruptor unipolar blanco', '2.85'],
      ['Bombilla LED E27 9 W cálida', '2.60'],
      ['Tubo LED 120 cm 18 W', '8.90'],
      ['Regleta de 5 tomas con interruptor', '11.95'],
      ['Cinta aislante negra 20 m', '1.30'],
    ],
  },
  {
    category: 'Fontanería',
    description: 'Tubos, grifos y juntas',
    prefix: 'FON',
    products: [
      ['Tubo de PVC Ø 40 mm', '2.30', 'm', 2],
      ['Codo de PVC 90° Ø 40 mm', '0.95'],
      ['Grifo monomando para lavabo', '39.90'],
      ['Latiguillo flexible 30 cm', '4.60'],
      ['Sifón de botella', '6.35'],
      ['Cinta de teflón 12 m', '0.80'],
      ['Desatascador de ventosa', '3.95'],
      ['Llave de escuadra 1/2"', '5.15'],
    ],
  },
  {
    category: 'Jardín',
    description: 'Riego, tierra y poda',
    prefix: 'JAR',
    products: [
      ['Manguera de riego 15 mm', '1.45', 'm', 2],
      ['Tijera de podar', '13.80'],
      ['Sustrato universal', '0.42', 'kg', 3],
      ['Maceta de barro 25 cm', '6.10'],
      ['Regadera de 10 l', '8.40'],
      ['Guantes de jardinería talla M', '4.90'],
      ['Abono líquido 1 l', '7.65'],
      ['Rastrillo de 14 púas', '15.25'],
    ],
  },
  {
    category: 'Limpieza',
    description: 'Productos y útiles',
    prefix: 'LIM',
    products: [
      ['Lejía con detergente 2 l', '1.85'],
      ['Friegasuelos pino 1 l', '2.20'],
      ['Fregona de microfibra', '5.40'],
      ['Cubo con escurridor 12 l', '9.15'],
      ['Bayeta amarilla (pack de 3)', '1.95'],
      ['Escoba de interior', '4.35'],
      ['Bolsas de basura 30 l (rollo)', '1.60'],
      ['Limpiacristales 750 ml', '2.75'],
    ],
  },
  {
    category: 'Menaje',
    description: 'Cocina y mesa',
    prefix: 'MEN',
    products: [
      ['Cazuela de acero 24 cm', '29.50'],
      ['Sartén antiadherente 26 cm', '21.90'],
      ['Cuchillo cebollero 20 cm', '18.40'],
      ['Cafetera italiana de 6 tazas', '19.95'],
      ['Vaso de vidrio 35 cl', '1.75'],
      ['Plato llano de loza', '3.25'],
      ['Tabla de cortar de haya', '12.60'],
      ['Exprimidor de cítricos', '7.85'],
    ],
  },
]
